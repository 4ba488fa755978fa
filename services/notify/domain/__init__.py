"""Pure rules of notify: whom a letter reaches, how it lives until delivered, and what the public bulletin shows."""
