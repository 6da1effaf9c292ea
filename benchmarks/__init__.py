"""What the package costs, one question per file.

    corpus.py    seeded streams, each named after the path it stresses (the tests parse them too)
    recordings.py  recorded streams of real services, stretched
    server.py    a replay server in a process and on a core of its own
    clients.py   the floor and the views of this package, run by worker.py, one process each
    peers.py     other libraries in an environment of their own
    harness.py   interleaved rounds, medians, reports
    bench_*.py   question, command, finding

``python -m benchmarks`` runs all; ``--quick`` in a few minutes, ``--only fast_stream,plain`` a part.
"""
