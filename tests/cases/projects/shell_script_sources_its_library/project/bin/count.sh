. "$(dirname "$0")/lib.sh"
say $1
