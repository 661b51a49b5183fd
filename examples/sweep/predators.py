"""Predators and their prey after Lotka and Volterra, by steps of Euler's."""


def simulate(birth, hunger, *, prey=10.0, predators=5.0, death=0.6, growth=0.05, days=60.0, step=0.005):
    """Prey and predators after so many days, and the most prey that there was."""
    most = prey
    for _ in range(int(days / step)):
        eaten = hunger * prey * predators
        prey += step * (birth * prey - eaten)
        predators += step * (growth * eaten / hunger - death * predators)
        most = max(most, prey)
    return {"birth": birth, "hunger": hunger, "prey": prey, "predators": predators, "most": most}
