"""Reads the wire schema out of the official packages and keeps proto/ equal to it."""
