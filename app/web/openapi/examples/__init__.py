"""What the OpenAPI document shows as examples: requests that work against the demo, and the responses they got."""
