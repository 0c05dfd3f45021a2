"""How an application is built: from Recon's report to a recipe, from a tree to an archive.

Pure: nothing here starts a process or reaches a network. The adapters run what is decided here.
"""
