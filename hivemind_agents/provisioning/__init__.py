"""What the stack of a deployment is to be, decided purely: shape, template, parameters, facts.

The provision verb and the previews of the command line use it alike.
"""
