"""The commands as typer sees them. Their work is imported when they are run, so that --help is quick."""

from __future__ import annotations

from typing import Annotated

import typer

from ._run import exit_codes, run

app = typer.Typer(
    help="Streaming client for the Gravitex gateway.",
    no_args_is_help=True,
    rich_markup_mode=None,  # help in plain text: loading rich for its boxes took more than all the rest
    add_completion=False,
    pretty_exceptions_enable=False,
)

BaseURL = Annotated[
    str | None,
    typer.Option(envvar="GRAVITEX_BASE_URL", help="The gateway; default: https://api.gravitex.ai."),
]


@app.command()
def demo() -> None:
    """Show what streams look like, in a few seconds; needs no key.

    The gateway that answers runs in this process.
    """
    with exit_codes():
        from ._demo import demo

        run(demo())


@app.command()
def chat(
    question: Annotated[str, typer.Argument(help="What to ask; - reads it from stdin.")],
    model: Annotated[
        str, typer.Option("--model", "-m", envvar="GRAVITEX_MODEL", help="Which model.")
    ] = "gpt-4o-mini",
    system: Annotated[str | None, typer.Option(help="The system message.")] = None,
    thinking: Annotated[
        bool, typer.Option("--thinking", help="Ask the model to think first, in its own way.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print the whole answer as one line of JSON instead.")
    ] = False,
    base_url: BaseURL = None,
) -> None:
    """Ask one question and stream the answer.

    The answer goes to stdout, thinking and token counts to stderr. The key is read from GRAVITEX_API_KEY.
    """
    with exit_codes():
        from ._chat import Question, chat

        asked = Question(question, model=model, system=system, thinking=thinking)
        run(chat(asked, as_json=json, base_url=base_url))


@app.command()
def models(base_url: BaseURL = None) -> None:
    """List the models of the gateway, one name a line. The key is read from GRAVITEX_API_KEY."""
    with exit_codes():
        from ._models import models

        run(models(base_url))


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="0 takes a free one.", min=0, max=65535)] = 8765,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    key: Annotated[list[str] | None, typer.Option(help="A key to accept; may be given again.")] = None,
    pace: Annotated[float, typer.Option(help="Seconds between two events.", min=0.0)] = 0.02,
    latency: Annotated[float, typer.Option(help="Seconds before an answer begins.", min=0.0)] = 0.0,
    requests_per_minute: Annotated[
        float | None, typer.Option(help="Refuse with 429 what is more than that.", min=1.0)
    ] = None,
    window: Annotated[
        float, typer.Option(help="Seconds over which requests per minute are counted.", min=0.1)
    ] = 60.0,
    max_concurrency: Annotated[
        int | None, typer.Option(help="Refuse with 429 what is more than that at once.", min=1)
    ] = None,
) -> None:
    """Keep a local gateway running for other programs, until Ctrl-C.

    Its answers are authored.
    """
    with exit_codes():
        from ._serve import Limits, serve

        limits = Limits(requests_per_minute, window, max_concurrency)
        run(serve(host, port, key or ["sk-local"], pace=pace, latency=latency, limits=limits))
