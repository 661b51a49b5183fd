from plugs.shared import S
V = S
