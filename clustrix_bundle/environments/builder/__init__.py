"""The program that builds environments on a cluster. Like the runtime, it is standard library alone and reads on Python 3.6."""
