"""`genad sample`: synthetic rows, series and images from a model that was fitted."""

from genad.cli import options


def sample(
    model: options.SavedModel,
    number: options.Samples = 10,
    label: options.OfClass = None,
    seed: options.DrawSeed = 0,
    columns: options.Columns = 10,
    out: options.OutSamples = None,
    force: options.Force = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Draw synthetic rows, windows of series or images from a VAE or a GAN.

    Images become a picture of them side by side, rows a table of the columns that were learnt.
    """
    from genad.cli import draws, inputs, outputs, show_drawn
    from genad.registry import load

    detector = load(inputs.model_folder(model))
    path = draws.check_name(detector, out)
    samples = draws.draw(detector, number, label, seed)
    with outputs.staged(path, force=force) as file:
        draws.write(detector, samples, file, columns=columns)
    show_drawn.drawn(detector, number, label, path, as_json=as_json, quiet=quiet)
