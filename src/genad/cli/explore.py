"""`genad explore`: what data is like, on one page, before anything is trained."""

from pathlib import Path

from genad.cli import options


def explore(
    data: options.AnyData,
    time: options.Time = None,
    label: options.Label = None,
    anomaly: options.Anomaly = None,
    ignore: options.Ignore = None,
    number: options.Number = None,
    seed: options.DrawSeed = 0,
    size: options.Size = None,
    channels: options.Channels = None,
    on_error: options.OnError = "raise",
    out: options.OutPage = Path("explore.html"),
    force: options.Force = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Show what data is like before anything is trained, on one page.

    Of images: samples, classes, pixels, PCA and t-SNE. Of series: a few at random, their
    distributions and seasons, gaps and sampling rates. Of a table: columns, missing values,
    distributions, correlations.
    """
    from genad.cli import explorations, image_inputs, inputs, outputs, show_explored
    from genad.cli.progress import Bars
    from genad.report import explore_page

    roles = inputs.make_roles(label, anomaly, ignore)
    reading = image_inputs.Reading(size, channels, on_error)
    given = explorations.ExploreOptions(data, time, roles, number, seed, reading)
    page = outputs.page_path(out, "explore.html")
    with outputs.staged(page, force=force) as path, Bars(quiet=quiet) as bars:
        explored = explorations.explore(given, bars.rows)
        path.write_text(explore_page(explored.content), encoding="utf-8")
    show_explored.explored(explored, page, as_json=as_json, quiet=quiet)
