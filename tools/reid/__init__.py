"""Training the appearance network for re-identification: the rooms behind ``tools/train_descriptor.py``.

`readers` finds the images of a data set, `data` holds them, `sampling` deals them into batches and
`augmentation` changes them; `layers` is the network as it is in training, `losses` what it learns by,
`trainer` one step, `weights` what goes in and comes out; `plan` and `run` make a whole run of steps,
`history` its curves. `encoding` computes features with a network, `evaluation` ranks by them, `distances`
counts how far apart they lie and `export` writes them.
"""
