package demo

// The home.
var (
	food = topic{
		nouns: split{
			"soup bread cheese pie coffee stew salad dinner sauce pudding",
			"cake tea meal breakfast fish butter lunch"},
		adjectives: polar{
			good: split{"tasty fresh tender delicious juicy hot", "sweet wholesome nourishing"},
			bad:  split{"stale rotten bitter greasy burnt salty", "sour mouldy poisonous"},
		},
	}
	home = topic{
		nouns: split{"house room kitchen garden roof bed", "cottage parlour furniture chamber hall window"},
		adjectives: polar{
			good: split{"cosy clean tidy spacious elegant orderly", "neat handsome peaceful luxurious"},
			bad:  split{"dirty cramped shabby draughty gloomy bare", "filthy dusty desolate ruined"},
		},
	}
	neighbours = topic{
		nouns: split{"neighbour landlord tenant family friend", "cousin widow gentleman lady stranger host"},
		adjectives: polar{
			good: split{"friendly kind polite generous sincere loyal", "gracious courteous amiable obliging faithful"},
			bad:  split{"rude selfish hostile jealous mean spiteful", "insolent wicked cruel greedy treacherous"},
		},
	}
	health = topic{
		nouns: split{"doctor medicine hospital treatment diet", "nurse physician remedy surgeon exercise bath"},
		adjectives: polar{
			good: split{"healthy helpful effective soothing skilful safe", "beneficial refreshing merciful"},
			bad:  split{"harmful painful sickening unhealthy risky ineffective", "deadly fatal injurious hurtful"},
		},
	}
)

// The arts.
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

// The open air and the working day.
var (
	weather = topic{
		nouns: split{"weather sky wind morning climate season", "air evening autumn afternoon breeze winter"},
		adjectives: polar{
			good: split{"sunny mild warm bright clear", "gentle calm fair peaceful"},
			bad:  split{"stormy foggy damp chilly windy", "bleak dismal cold wet dreary"},
		},
	}
	travel = topic{
		nouns: split{"trip journey train road hotel guide", "voyage ship inn railway tour coach"},
		adjectives: polar{
			good: split{"comfortable safe smooth quick", "convenient luxurious easy"},
			bad:  split{"dangerous slow crowded late dirty", "filthy costly difficult tedious"},
		},
	}
	sport = topic{
		nouns: split{"game match team player race", "contest champion captain club rider"},
		adjectives: polar{
			good: split{"skilful fast brave lively strong clever", "bold gallant vigorous victorious"},
			bad:  split{"lazy feeble cowardly sloppy", "weak awkward timid sluggish"},
		},
	}
	work = topic{
		nouns: split{"job office manager task meeting", "labour employer factory business contract"},
		adjectives: polar{
			good: split{"profitable rewarding steady honest sensible", "useful prosperous successful fruitful"},
			bad:  split{"exhausting thankless dishonest unfair dull dangerous", "oppressive ruinous fruitless"},
		},
	}
	tools = topic{
		nouns: split{"hammer saw knife engine lamp machine", "axe clock pump wheel plough instrument"},
		adjectives: polar{
			good: split{"reliable sharp sturdy handy strong modern", "durable solid efficient ingenious"},
			bad:  split{"broken rusty faulty blunt flimsy", "defective damaged cracked crooked"},
		},
	}
)
