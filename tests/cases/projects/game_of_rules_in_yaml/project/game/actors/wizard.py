from .base import Actor


class Wizard(Actor):
    def act(self, rules):
        return ["wizard", self.power, rules.names[0]]
