"""Faults while commands write: killed, out of space, two at once. No finished file is ever wrong."""
