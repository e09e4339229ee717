"""WHERE it goes: connections, schema, ledger, the private server."""
