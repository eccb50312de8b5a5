"""What tests share: paths, sequences, commands, videos, networks, a screen and a browser."""
