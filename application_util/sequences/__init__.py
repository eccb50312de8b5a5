"""Sequences: MOTChallenge folders and videos, their images and their frames."""
