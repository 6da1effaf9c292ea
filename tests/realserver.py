"""Serves the tiny chat model with llama.cpp's own HTTP server, until its standard input is closed.

Run it in a process of its own: ``python -m tests.realserver MODEL PORT KEY``. It prints its address.
"""

from __future__ import annotations

import sys

import xllamacpp


def serve(model: str, port: int, key: str) -> None:
    """Starts the server, says where it is, and waits for the end of standard input."""
    params = xllamacpp.CommonParams()
    params.model.path = model
    params.model_alias = {"tiny"}
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_ctx = 2048
    params.n_parallel = 2
    params.api_keys = [key]
    params.use_jinja = True
    params.sse_ping_interval = 1
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), sys.argv[3])
