"""HTTP: webhooks, web chat, the professional's pages, health and metrics."""
