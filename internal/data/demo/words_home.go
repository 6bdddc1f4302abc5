package demo

// Subjects of the home.
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
