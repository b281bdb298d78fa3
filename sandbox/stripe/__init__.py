"""A local Stripe: the other side of the wire for our adapter, as awkward as the real one where it matters."""
