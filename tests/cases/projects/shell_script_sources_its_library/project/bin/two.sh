cat bin/words.txt
