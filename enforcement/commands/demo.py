"""`enforcement demo`: a synthetic year in this instance, made once, then served."""

from __future__ import annotations

import os
import time

import click

from enforcement.commands.opening import answer, as_json, now
from enforcement.commands.serving import serve
from enforcement.demo import generator
from enforcement.demo.make import SIGN_INS, Demo, ReplyLinkShown, Wish, prepare
from enforcement.settings import Settings


@click.command()
@click.option("--no-serve", is_flag=True, help="Stop after making the data.")
@click.option(
    "--size",
    default=generator.DEFAULT_SIZE,
    show_default=True,
    help=f"Location-services, {generator.SMALLEST} to {generator.LARGEST:,}.",
)
@click.option(
    "--miss-rate",
    default=generator.DEFAULT_MISS_RATE,
    show_default=True,
    help="Share of returns that ordinary places miss: an assumption, no figure is published.",
)
@click.option("--seed", default=generator.DEFAULT_SEED, show_default=True)
@as_json
@click.pass_context
def demo(
    ctx: click.Context, no_serve: bool, size: int, miss_rate: float, seed: int, as_json: bool
) -> None:
    """Make a believable, wholly invented year, and serve it on this machine.

    A second start finds the data there and only serves. ENFORCEMENT_INSTANCE names another
    folder, for a second demonstration beside the first.
    """
    settings = Settings.read(os.environ)
    begun = time.monotonic()

    def tell(words: str) -> None:
        click.echo(f"{time.monotonic() - begun:6.1f}s  {words}", err=True)

    found = prepare(settings, Wish(size, miss_rate, seed), now(), tell)
    answer(
        found.as_json() | {"staff_site": _staff_site(settings)},
        as_json=as_json,
        words=lambda _: words(found, settings),
    )
    if not no_serve:
        ctx.invoke(serve, no_worker=False, slot="1")


def _staff_site(settings: Settings) -> str:
    return f"http://{settings.host}:{settings.staff_port}"


def words(found: Demo, settings: Settings) -> str:
    """What a person needs to begin: address, one sign-in a role, one provider's way in."""
    wish = found.wish
    made = "Made now" if found.made_now else "The data was there already; nothing was changed"
    lines = [
        "EVERYTHING HERE IS INVENTED: providers, people, addresses, misses and penalties.",
        f"{made}: {wish.size:,} location-services, seed {wish.seed}, miss rate {wish.miss_rate:g} "
        "(an assumption), in",
        f"  {settings.instance}",
        "",
        f"Staff site  {_staff_site(settings)}",
        f"  {'user name':<24}{'password':<38}role",
    ]
    roles: set[str] = set()
    for one in found.sign_ins:
        if one.role not in roles:
            roles.add(one.role)
            lines.append(f"  {one.username:<24}{one.password:<38}{one.role}")
    counts = ", ".join(f"{count} {name}" for name, count in found.cases.items())
    lines += [f"  Every sign-in is in {settings.instance / SIGN_INS}", ""]
    return "\n".join([*lines, *_way_in(found.link), "", f"Cases: {counts}"])


def _way_in(link: ReplyLinkShown | None) -> list[str]:
    if link is None:
        return [
            "Every period for replies of this year is over. For one that is open, make a new year:",
            "  name another folder in ENFORCEMENT_INSTANCE.",
        ]
    return [
        f"One provider's reply link (case {link.case})",
        f"  {link.url}",
        f"  location id {link.location_id}, postcode {link.postcode}; or the code {link.code}",
    ]
