"""What runs on the cluster: standard library alone, Python 3.6 and later; shipped as one file, runtime.pyz."""
