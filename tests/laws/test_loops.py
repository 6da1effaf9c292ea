"""Loops, threads, forks and the end of the interpreter: nothing is left open, and nobody complains.

Each case is a program of its own, run with ``-X dev -W error``, which must not write to standard error.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import textwrap

import pytest

PROLOGUE = """
import asyncio, gc, logging, os, sys, threading, time
from gravitex_async import AsyncGravitex
from gravitex_async.testing import LocalGateway

MESSAGES = [{"role": "user", "content": "Hello"}]

def ask(client):
    return client.chat.completions.create(model="gpt-4o-mini", messages=MESSAGES)

def stream(client):
    return client.chat.completions.stream(model="gpt-4o-mini", messages=MESSAGES)

class Served:
    '''A gateway in a thread of its own; a stream takes a hundred times *pace* seconds.'''

    def __init__(self, pace=0.01):
        self.pace = pace

    def __enter__(self):
        ready = threading.Event()
        def serve():
            async def main():
                self.stop, self.loop = asyncio.Event(), asyncio.get_running_loop()
                async with LocalGateway() as self.gateway:
                    self.gateway.script(
                        text=["word "] * 100, pace=self.pace, times=None, match=is_stream
                    )
                    ready.set()
                    await self.stop.wait()
            asyncio.run(main())
        self.thread = threading.Thread(target=serve)
        self.thread.start()
        ready.wait()
        return self.gateway

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.stop.set)
        self.thread.join()

def is_stream(request):
    return b'"stream":true' in request.body

# asyncio's debug mode measures each step of the loop, and says so of every slow one: a busy machine is slow.
logging.getLogger("asyncio").addFilter(lambda record: " took " not in record.getMessage())

def until(condition):
    deadline = time.monotonic() + 20
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.001)  # what is waited for happens in the gateway's thread
    assert condition()

async def seen(condition):
    await asyncio.wait_for(seen_at_last(condition), 20)

async def seen_at_last(condition):
    while not condition():
        await asyncio.sleep(0.001)

def client_of(gateway, **options):
    return AsyncGravitex(base_url=gateway.url, api_key="sk-local", max_retries=0, **options)
"""


def run(program: str, *, first: str = "", warnings: str = "error") -> str:
    """What *program* prints; it must end well and be silent on standard error."""
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", warnings, "-c", first + PROLOGUE + textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout


def test_pain_24_three_loops_with_one_client() -> None:
    """asyncio.run three times, nothing closed in between."""
    run("""
        with Served() as gateway:
            client = client_of(gateway)
            async def main():
                await ask(client)
                async for _ in stream(client):
                    break
            for _ in range(3):
                asyncio.run(main())
            assert client.pool.statistics().leased == 0
    """)


@pytest.mark.parametrize("first", ["none", "status", "truncate"])
def test_pain_25_an_open_stream_when_the_loop_ends(first: str) -> None:
    """The stream is kept, the loop is not: its connection is closed all the same, after a retry too."""
    run(f"""
        with Served() as gateway:
            if {first!r} != "none":
                gateway.fault({first!r}, status=503, after_events=0, retry_after=0)
            client, kept = client_of(gateway).with_options(max_retries=1), []
            async def main():
                kept.append(stream(client))
                await kept[0].__anext__()
            asyncio.run(main())
            until(lambda: gateway.streams[-1].state == "closed_by_peer")
            until(lambda: gateway.live_connections == 0)
            del kept
            asyncio.run(ask(client))
    """)


@pytest.mark.parametrize("waiting", ["headers", "body", "queue", "back_off"])
def test_pain_25_a_call_in_flight_when_the_loop_ends(waiting: str) -> None:
    """Wherever it waits."""
    run(f"""
        from gravitex_async import Limits
        with Served() as gateway:
            if {waiting!r} == "back_off":
                gateway.fault("status", status=503, retry_after=30, count=None)
            else:
                gateway.fault("stall", where="headers" if {waiting!r} == "headers" else "body", count=None)
            options = dict(limits=Limits(max_connections=1)) if {waiting!r} == "queue" else dict()
            client = client_of(gateway, **options).with_options(max_retries=3)
            async def main():
                held = stream(client)
                tasks = [asyncio.ensure_future(held.final()), asyncio.ensure_future(ask(client))]
                begun = lambda count: sum(one.headers_sent is not None for one in gateway.streams) == count
                await seen(dict(
                    headers=lambda: len(gateway.streams) == 2,
                    body=lambda: "waiting for the first content" in repr(held) and begun(2),
                    queue=lambda: begun(1) and client.pool.statistics().waiting == 1,
                    back_off=lambda: begun(2) and client.pool.statistics().leased == 0,
                )[{waiting!r}])
            asyncio.run(main())
            gc.collect()
    """)


def test_pain_25_nothing_closed_at_the_end_of_the_interpreter() -> None:
    """A client, a finished call, an open stream and a loop that is never closed in good order."""
    run("""
        served = Served()
        gateway = served.__enter__()
        client = client_of(gateway)
        loop = asyncio.new_event_loop()
        held = stream(client)
        loop.run_until_complete(ask(client))
        loop.run_until_complete(held.__anext__())
        del held
        loop.run_until_complete(seen(lambda: gateway.streams[-1].state == "closed_by_peer"))
        loop.close()
        served.__exit__()
    """)


def test_a_client_that_is_dropped_in_a_running_loop() -> None:
    """Its connections are closed, without a word."""
    run("""
        with Served() as gateway:
            async def main():
                for _ in range(3):
                    client = client_of(gateway)
                    await ask(client)
                    del client
                    gc.collect()
                    await seen(lambda: gateway.live_connections == 0)
            asyncio.run(main())
    """)


def test_pain_24_a_stream_belongs_to_its_loop() -> None:
    """Another loop is told so at once, whatever it asks for: it neither waits for ever nor spins."""
    run("""
        from gravitex_async import MisuseError
        with Served(pace=0.001) as gateway:
            client = client_of(gateway)
            here, there = asyncio.new_event_loop(), asyncio.new_event_loop()
            held = stream(client)
            here.run_until_complete(held.__anext__())
            async def items():
                async for _ in held:
                    pass
            async def text():
                async for _ in held.text():
                    pass
            for read in (items, text, held.final):
                try:
                    there.run_until_complete(asyncio.wait_for(read(), 5))
                except MisuseError as error:
                    assert "belongs to another event loop: read it where it was opened" in str(error), error
                else:
                    raise AssertionError("it was read on another loop")
            # At home it goes on as if nothing had been.
            here.run_until_complete(held.final())
            assert held.content == "word " * 100
            here.run_until_complete(client.close())
            for loop in (here, there):
                loop.run_until_complete(loop.shutdown_asyncgens())
                loop.run_until_complete(loop.shutdown_default_executor())
                loop.close()
    """)


@pytest.mark.parametrize("moment", ["opening", "open"])
def test_pain_24_a_stream_whose_loop_has_ended(moment: str) -> None:
    """asyncio.run to open it, asyncio.run to read it: the second is told what is wrong with that."""
    run(f"""
        from gravitex_async import MisuseError
        with Served() as gateway:
            client = client_of(gateway)
            held = stream(client)
            if {moment!r} == "opening":
                gateway.fault("stall", where="headers")
            async def begin():
                if {moment!r} == "opening":
                    reading = asyncio.ensure_future(held.__anext__())
                    while not gateway.requests:
                        await asyncio.sleep(0)
                else:
                    await held.__anext__()
            asyncio.run(begin())
            try:
                asyncio.run(held.final())
            except MisuseError as error:
                assert "another event loop, which has ended" in str(error), error
            else:
                raise AssertionError("it was read on another loop")
            del held
    """)


def test_pain_24_one_client_in_several_threads() -> None:
    """Each thread has its loop, each loop its connections."""
    run("""
        with Served() as gateway:
            client, failures = client_of(gateway), []
            async def main():
                async with stream(client) as answer:
                    async for _ in answer:
                        break
                await asyncio.gather(*(ask(client) for _ in range(5)))
            def work():
                try:
                    asyncio.run(main())
                    asyncio.run(main())
                except BaseException as error:
                    failures.append(error)
            threads = [threading.Thread(target=work) for _ in range(4)]
            [t.start() for t in threads]
            [t.join() for t in threads]
            assert not failures, failures
            async def close():
                await client.close()
            asyncio.run(close())
            assert client.pool.statistics().leased == 0
    """)


@pytest.mark.skipif(importlib.util.find_spec("uvloop") is None, reason="no uvloop")
def test_pain_24_uvloop() -> None:
    """The same laws on another loop."""
    run("""
        import uvloop
        with Served() as gateway:
            client = client_of(gateway)
            async def main():
                await ask(client)
                count = 0
                async for _ in stream(client):
                    count += 1
                    if count == 3:
                        break
                sent = gateway.streams[-1].events_sent
                await asyncio.to_thread(until, lambda: gateway.streams[-1].state == "closed_by_peer")
                assert gateway.streams[-1].events_sent - sent <= 10
                held = stream(client)
                await held.__anext__()
                reader = asyncio.ensure_future(held.final())
                await seen(lambda: "waiting for more" in repr(held))
                threading.Thread(target=held.abort).start()
                await reader
                assert held.end.state == "closed"
            for _ in range(2):
                loop = uvloop.new_event_loop()
                asyncio.set_event_loop(loop)
                loop.run_until_complete(main())
                loop.run_until_complete(loop.shutdown_asyncgens())
                loop.run_until_complete(loop.shutdown_default_executor())
                loop.close()
                asyncio.set_event_loop(None)
    """)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.parametrize("inside", [True, False])
def test_pain_29_a_fork_with_a_live_client(inside: bool) -> None:
    """The child begins with connections of its own, and the parent's stream goes on."""
    run(
        f"""
        import warnings
        with Served(pace=0.001) as gateway:
            client = client_of(gateway)
            def child():
                try:
                    asyncio.run(ask(client))
                    assert client.pool.statistics().opened == 1
                except BaseException:
                    import traceback
                    traceback.print_exc()
                    sys.stderr.flush()
                    os._exit(1)
                os._exit(0)
            async def main():
                async with stream(client) as answer:
                    await answer.__anext__()
                    if {inside}:
                        pid = os.fork()
                        if not pid:
                            threading.current_thread()
                            child_thread = threading.Thread(target=child)
                            child_thread.start()
                            child_thread.join()
                        await asyncio.get_running_loop().run_in_executor(None, os.waitpid, pid, 0)
                    await answer.final()
                    assert answer.content == "word " * 100
                await ask(client)
            asyncio.run(main())
            if not {inside}:
                pid = os.fork()
                if not pid:
                    child()
                assert os.waitpid(pid, 0)[1] == 0
            asyncio.run(ask(client))
    """,
        warnings="ignore::DeprecationWarning",  # of a fork beside threads, which is what is tested
    )


def test_without_orjson() -> None:
    """A free-threaded interpreter has none; msgspec does its work."""
    program = """
        with Served() as gateway:
            client = client_of(gateway)
            async def main():
                await ask(client)
                gateway.fault("invalid-utf8")
                gateway.fault("error-event")
                await stream(client).final()
                try:
                    await stream(client).final()
                except Exception as error:
                    assert type(error).__name__ == "ServerError", error
                await client.close()
            asyncio.run(main())
            import gravitex_async._json as json
            assert json.loads.__module__ != "orjson"
    """
    run(program, first="import sys; sys.modules['orjson'] = None\n")


def test_debug_mode_reports_nothing() -> None:
    """asyncio's own checks: threads, slow callbacks, forgotten coroutines."""
    run(
        """
        with Served() as gateway:
            async def main():
                async with client_of(gateway) as client:
                    await asyncio.gather(*(ask(client) for _ in range(10)))
                    for fault in ("reset", "truncate", "garbage-chunk-size", "error-event", "html", "empty"):
                        gateway.fault(fault)
                        try:
                            await stream(client).final()
                        except Exception:
                            pass
            asyncio.run(main(), debug=True)
    """
    )
