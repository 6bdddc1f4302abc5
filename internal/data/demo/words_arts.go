package demo

// Subjects of the arts.
var (
	films = topic{
		nouns: split{"film play actor comedy scene plot", "drama actress theatre picture ending show"},
		adjectives: polar{
			good: split{"funny moving exciting clever gripping original", "amusing thrilling brilliant touching"},
			bad:  split{"boring silly dull clumsy predictable slow", "tedious foolish tiresome stupid absurd"},
		},
	}
	books = topic{
		nouns: split{"book novel poem chapter essay author", "story tale volume writer page"},
		adjectives: polar{
			good: split{"witty learned lively elegant vivid", "fascinating interesting eloquent instructive"},
			bad:  split{"confused shallow dry pompous careless empty", "vulgar monotonous false weak"},
		},
	}
	music = topic{
		nouns: split{"song tune band choir violin concert", "hymn orchestra singer piano organ dance"},
		adjectives: polar{
			good: split{"melodious cheerful harmonious merry stirring soft", "joyful sweet noble inspiring"},
			bad:  split{"noisy harsh shrill discordant mournful", "melancholy intolerable hideous"},
		},
	}
)
