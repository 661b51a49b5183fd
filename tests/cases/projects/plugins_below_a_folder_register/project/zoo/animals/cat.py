from ..base import Animal
class Cat(Animal):
    def say(self):
        return "meow"
