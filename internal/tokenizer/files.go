package tokenizer

// Complete says whether a folder has a vocabulary in one of the layouts that Load reads; has
// says which files there are.
func Complete(has func(name string) bool) bool {
	return has(jsonFile) || has("vocab.json") && has("merges.txt") || has("vocab.txt") || has(pieceFile)
}

// Unread names a file that Transformers takes for the vocabulary, and Load does not read, where
// there is no tokenizer.json; "" where there is none. has says which files there are.
func Unread(has func(name string) bool) string {
	for _, name := range []string{"tokenizer.model", "tekken.json", "tiktoken.model"} {
		if !has(jsonFile) && has(name) {
			return name
		}
	}
	return ""
}
