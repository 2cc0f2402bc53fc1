"""The loss by which networks learn to tell the right item from others."""

from __future__ import annotations

from typing import Any

import numpy as np


def sampled_loss(positive: Any, others: Any, is_positive: Any, n_items: int) -> Any:
    """Return the cross entropy of items among others that stand for all items.

    Klenitskiy and Vasilev, "Turning dross into gold loss: is BERT4Rec really better than SASRec?"
    (RecSys 2023), section 3.3. The sum over the others is multiplied so that it estimates that over
    all items: Jean et al., "On using very large target vocabulary for neural machine translation"
    (ACL 2015), section 3. If the others are all items, this is the cross entropy itself.

    Parameters
    ----------
    positive : jax.Array of shape (..., n)
        The logits of the items to find.
    others : jax.Array of shape (..., m) or (..., n, m)
        The logits of items drawn from all, each with the same probability.
    is_positive : jax.Array of shape (..., n, m), bool
        Where another item is the one to find itself: it does not count twice.
    n_items : int

    Returns
    -------
    jax.Array of shape (..., n)
    """
    import jax.numpy as jnp

    share = np.float32(np.log(n_items / others.shape[-1]))
    others = jnp.where(is_positive, -jnp.inf, others + share)
    highest = jnp.maximum(others.max(-1), positive)
    total = jnp.exp(others - highest[..., None]).sum(-1) + jnp.exp(positive - highest)
    return jnp.log(total) + (highest - positive)
