"""Turns through the HTTP webhook, durable before their 200, beside an endpoint that only parses."""
