"""`sihao prepare`: what must stand before the services of the centre start for the first time. Harmless to repeat.

- `rights`  what each service may do on the broker     - `broker`  their users there
- `store`   the replica set, and a user per database   - `keys`    with what the centre signs
- `cli`     the commands; passwords come from the environment, `SIHAO_<SERVICE>_PASSWORD`
"""
