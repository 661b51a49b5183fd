import json
import model
from ship import ship
def fake(x):
    return x * 100
def f():
    return model.outer(2)
def main():
    model.inner = fake
    return ship(f)
print(json.dumps(main()))
