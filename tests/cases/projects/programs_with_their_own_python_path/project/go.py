import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def tool(name, *args):
    return subprocess.run([sys.executable, os.path.join(HERE, "tools", name + ".py"), *args], stdout=subprocess.PIPE, check=True, universal_newlines=True).stdout.strip()


def run():
    a = tool("conv", "3")
    b = subprocess.check_output([sys.executable, "second.py"], cwd=os.path.join(HERE, "tools"), universal_newlines=True).strip()
    env = dict(os.environ, PYTHONPATH=os.path.join(HERE, "lib"))
    c = subprocess.check_output([sys.executable, "-c", "import onlib; print(onlib.V)"], env=env, universal_newlines=True).strip()
    return [a, b, c]
