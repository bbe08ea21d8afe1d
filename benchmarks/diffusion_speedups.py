"""The parts of the benchmark of the open models that look for what would make them quicker."""

from typing import Any

from benchmarks.diffusion_bench import Bench, snr


def decoder(bench: Bench) -> None:
    """Whether fewer bits, or weights normalised once, are good enough for the decoder, and how much quicker."""
    import torch

    latents = bench.latents(30 if bench.is_full else 2)

    def plainly(decoder: Any, dtype: Any) -> Any:
        with torch.no_grad():
            return decoder.decode(latents.to(dtype)).sample

    wanted = plainly(bench.pipeline.vae, torch.float32).double().cpu().numpy()

    def measured(name: str, decoder: Any, dtype: Any = torch.float32) -> None:
        plainly(decoder, dtype)
        took = min(bench.took(lambda: plainly(decoder, dtype)) for _ in range(3))
        sound = plainly(decoder, dtype).double().cpu().numpy()
        figures = {"seconds": took, "snr_db": snr(wanted, sound), "finite": bool((sound == sound).all())}
        bench.say("decoder", how=name, **figures)

    measured("float32", bench.pipeline.vae)
    measured("float32, weights normalised once", _normalised_once(bench.pipeline.vae))
    if bench.is_full:
        for dtype in (torch.float16, torch.bfloat16):
            name = f"{str(dtype).removeprefix('torch.')}, weights normalised once"
            measured(name, _normalised_once(bench.pipeline.vae).to(dtype), dtype)
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = True
        measured("tf32, weights normalised once", _normalised_once(bench.pipeline.vae))
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False


def _normalised_once(vae: Any) -> Any:
    """A decoder of the same weights, without the normalisation at every call."""
    from torch.nn.utils import remove_weight_norm

    same = type(vae).from_config(vae.config).to(vae.device).eval()
    same.load_state_dict(vae.state_dict())
    for module in same.modules():
        if hasattr(module, "weight_g"):
            remove_weight_norm(module)
    return same


def attention(bench: Bench) -> None:
    """The kernels that torch has for attention, and the most that one for windows could give."""
    from diffusers.models.transformers import ace_step_transformer

    length = 240 if bench.is_full else 2
    transformer = bench.pipeline.transformer

    def measured(name: str) -> None:
        bench.songs(length, 1)
        total = min(bench.took(lambda: bench.songs(length, 1)) for _ in range(2))
        bench.say("attention", how=name, seconds=length, total_s=total)

    measured("native")
    for backend in ("_native_cudnn", "_native_efficient", "_native_math"):
        transformer.set_attention_backend(backend)
        try:
            measured(backend)
        except (RuntimeError, ValueError) as error:
            bench.say("attention", how=backend, failed=str(error)[:200])
        finally:
            transformer.set_attention_backend("native")
    masks = ace_step_transformer._create_4d_mask
    ace_step_transformer._create_4d_mask = lambda **_: None
    try:
        measured("native without windows, which is another model: no kernel for windows can be quicker")
    finally:
        ace_step_transformer._create_4d_mask = masks


def compiling(bench: Bench) -> None:
    """What compiling the blocks that repeat costs once, and what it gives."""
    length = 120 if bench.is_full else 2
    before = bench.took(lambda: bench.songs(length, 1))

    def first() -> None:
        for layer in bench.pipeline.transformer.layers[: None if bench.is_full else 1]:
            layer.compile(dynamic=True, backend="inductor" if bench.is_full else "eager")
        bench.songs(length, 1)

    cost = bench.took(first)
    after = min(bench.took(lambda: bench.songs(length, 1)) for _ in range(2))
    other = bench.took(lambda: bench.songs(length // 2, 1))
    again = bench.took(lambda: bench.songs(length // 2, 1))
    figures = {"before_s": before, "first_song_s": cost, "after_s": after}
    bench.say(
        "compile", seconds=length, **figures, half_the_length_first_s=other, half_the_length_again_s=again
    )
