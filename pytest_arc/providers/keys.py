"""Which environment variable holds the key of a provider."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["KEY_VARIABLES", "find_key", "find_missing_key", "list_key_variables"]

KEY_VARIABLES: Mapping[str, tuple[str, ...]] = {
    "alibaba": ("ALIBABA_API_KEY", "DASHSCOPE_API_KEY"),
    "anthropic": ("ANTHROPIC_API_KEY",),
    "cerebras": ("CEREBRAS_API_KEY",),
    "cohere": ("CO_API_KEY",),
    "crusoe": ("CRUSOE_API_KEY",),
    "deepseek": ("DEEPSEEK_API_KEY",),
    "fireworks": ("FIREWORKS_API_KEY",),
    "github": ("GITHUB_API_KEY",),
    "google": ("GOOGLE_API_KEY", "GEMINI_API_KEY"),
    "groq": ("GROQ_API_KEY",),
    "heroku": ("HEROKU_INFERENCE_KEY",),
    "huggingface": ("HF_TOKEN",),
    "meta": ("META_API_KEY",),
    "mistral": ("MISTRAL_API_KEY",),
    "moonshotai": ("MOONSHOTAI_API_KEY",),
    "nebius": ("NEBIUS_API_KEY",),
    "openai": ("OPENAI_API_KEY",),
    "openai-chat": ("OPENAI_API_KEY",),
    "openai-responses": ("OPENAI_API_KEY",),
    "openrouter": ("OPENROUTER_API_KEY",),
    "ovhcloud": ("OVHCLOUD_API_KEY",),
    "sambanova": ("SAMBANOVA_API_KEY",),
    "together": ("TOGETHER_API_KEY",),
    "vercel": ("VERCEL_AI_GATEWAY_API_KEY", "VERCEL_OIDC_TOKEN"),
    "xai": ("XAI_API_KEY",),
    "zai": ("ZAI_API_KEY",),
}
"""Provider -> the variables, one of which must be set. Providers that are not here are asked themselves."""


def list_key_variables(model: str) -> tuple[str, ...]:
    """The variables of a `provider:model`, one of which must be set; empty where none is known."""
    return KEY_VARIABLES.get(model.partition(":")[0], ())


def find_key(model: str, environ: Mapping[str, str]) -> str | None:
    """The key of a model's provider, if it is set."""
    return next((environ[name] for name in list_key_variables(model) if environ.get(name)), None)


def find_missing_key(model: str, base_url: str | None, environ: Mapping[str, str]) -> str | None:
    """The variable that `model` needs and that is not set, or `THIS or THAT`; None when all is well.

    An endpoint of the user's own may need no key.
    """
    variables = list_key_variables(model)
    is_own = base_url is not None or (model.startswith("openai") and "OPENAI_BASE_URL" in environ)
    if not variables or is_own or find_key(model, environ):
        return None
    return " or ".join(variables)
