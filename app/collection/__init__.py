"""Maps of collections: a folder's pictures read, kept, laid out, searched and compared.

`scan` finds them, `embed` looks at them, `reading` does so one by one with progress; `store` keeps
what was seen on the disk, `indexing` brings it up to date with a folder; `chart` lays it out;
`training.common.duplicates` finds what is there twice. The Map tab uses the same without a store.
Torch-free.
"""
