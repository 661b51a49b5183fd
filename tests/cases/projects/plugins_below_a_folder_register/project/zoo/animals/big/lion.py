from zoo.base import Animal
class Lion(Animal):
    def say(self):
        return "roar"
