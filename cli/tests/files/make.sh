#!/bin/sh
# Makes the containers, keys and shares that the tests of mistakes use: cli/tests/files/make.sh PATH_TO_SATCHEL
set -eu
satchel=$(realpath "$1")
cd "$(dirname "$0")"
rm -f ./*.satchel ./*.key ./*.share-*.txt ./*.pub

"$satchel" encrypt twice -o sealed.satchel --profile 1 --passphrase-file words
length=$(stat -c %s sealed.satchel)
head -c $((length - 1)) sealed.satchel > cut.satchel
change() { # FILE OFFSET OCTAL: one byte of sealed.satchel is another
    cp sealed.satchel "$1"
    printf "\\$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
change damaged.satchel $((length - 100)) 000
change newer.satchel 8 002
cp sealed.satchel set.satchel
printf SET | dd of=set.satchel bs=1 seek=5 conv=notrunc status=none
change alone.satchel 40 001

"$satchel" keygen -o mine.key > mine.pub 2> /dev/null
"$satchel" keygen -o other.key > other.pub 2> /dev/null
"$satchel" keygen -o sealed.key --passphrase-file words > /dev/null 2>&1
"$satchel" encrypt note.txt -o mine.satchel -R mine.pub
"$satchel" encrypt note.txt -o shared.satchel -R mine.pub
"$satchel" split shared.satchel -k 3 -n 3 -i mine.key > /dev/null 2>&1
cp shared.satchel other-split.satchel
"$satchel" split other-split.satchel -k 2 -n 2 -i mine.key > /dev/null 2>&1
"$satchel" encrypt note.txt -o strange.satchel -R mine.pub
"$satchel" split strange.satchel -k 2 -n 2 -i mine.key > /dev/null 2>&1
head -n 15 shared.share-1.txt > torn.share-1.txt
code=$(tr -d ' ' < shared.share-1.txt | grep -E '^[A-Za-z0-9_-]{74}$')
echo "$code" | sed 's/./+/21' > wrong-character.share-1.txt
echo "$code" | sed 's/./!/21; s/!/B/' > mistyped.share-1.txt
echo "$code" | tr A-Z a-z > small-letters.share-1.txt
# A line that was cut when it was copied, after one that is whole.
{ cat mine.pub; echo "# bo"; echo age1pq1cut; } > committee.txt
sed 's/.$//' mine.key > cut.key

printf 'age-encryption.org/v1\n-> scrypt AAAA 18\n' > by-age.key
: > empty.key
