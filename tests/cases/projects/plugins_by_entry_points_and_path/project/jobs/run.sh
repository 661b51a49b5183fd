cat number.txt
