from celery import Celery, chord

app = Celery("use", broker="memory://", backend="cache+memory://")
app.conf.task_always_eager = True


@app.task
def square(number):
    return number * number


@app.task
def add(numbers):
    return sum(numbers)


def total(numbers):
    return chord(square.s(number) for number in numbers)(add.s()).get()
