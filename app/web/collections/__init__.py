"""The Postman and Hoppscotch collections, made from the OpenAPI document and the demo's examples.

`folders` builds them independently of the tool; `postman` and `hoppscotch` write them in the format of each.
"""
