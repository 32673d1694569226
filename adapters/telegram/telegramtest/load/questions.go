package main

// questions are as people ask, in all four languages.
var questions = []string{
	"How long did the second round last?",
	"Who led the Russian delegation in Istanbul?",
	"how many prisoners were exchanged in may 2025",
	"What does Ukraine want on NATO?",
	"When is the next meeting?",
	"Where did the first round take place?",
	"What did Russia demand about the four regions?",
	"Скільки тривав другий раунд?",
	"Хто такий Умєров?",
	"Коли буде наступна зустріч?",
	"Чого вимагає Росія?",
	"Скільки полонених обміняли у травні 2025 року?",
	"Кто возглавлял российскую делегацию?",
	"Когда был третий раунд?",
	"Что стало с телами погибших?",
	"Кто победит?",
	"İkinci tur ne kadar sürdü?",
	"Ukrayna heyetinin başında kim vardı?",
	"Üçüncü tur ne zaman yapıldı?",
	"Kaç esir takas edildi?",
}
