"""Maps of collections: a folder's pictures found, read, stored, searched, compared and laid out.

`scan` finds pictures, `embed` makes an entry of each, and `reading` does so one by one with
progress. `store` keeps entries on the disk, and `indexing` brings a store up to date with a folder.
`embedding_map` lays entries out, `outputs` and `plot` show them. The Map tab uses the same without
a store, see `in_memory`. Torch-free.
"""
