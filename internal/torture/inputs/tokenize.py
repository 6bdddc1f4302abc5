"""Tokenizes texts with Hugging Face's library: the path of a tokenizer.json is the argument, a line of
stdin is a JSON array of one or two texts, and a line of stdout one of their ids and types."""
import json
import sys

from tokenizers import Tokenizer

tokenizer = Tokenizer.from_file(sys.argv[1])
tokenizer.no_truncation()
tokenizer.no_padding()
for line in sys.stdin.buffer:
    encoding = tokenizer.encode(*json.loads(line))
    print(json.dumps([encoding.ids, encoding.type_ids]))
