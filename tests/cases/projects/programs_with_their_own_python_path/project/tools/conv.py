import sys
from common import double
print(double(int(sys.argv[1])))
