# SPDX-License-Identifier: Apache-2.0
"""Reads the wire schema out of the official packages and keeps proto/ equal to it."""
