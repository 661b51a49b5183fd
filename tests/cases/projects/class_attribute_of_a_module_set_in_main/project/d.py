import json
from model import Model
import model
from ship import ship
def f():
    return [Model.rate, model.Model().go()]
def main():
    Model.rate = 5
    return ship(f)
print(json.dumps(main()))
