"""Lists for scripts/pools.py that no library provides in the required form."""

# English name, ISO 3166-1 alpha-2, ISO 4217
_COUNTRIES = """
Argentina AR ARS|Armenia AM AMD|Australia AU AUD|Austria AT EUR|Azerbaijan AZ AZN|Bahamas BS BSD|Bahrain BH BHD|Bangladesh BD BDT|Barbados BB BBD
Belgium BE EUR|Belize BZ BZD|Bolivia BO BOB|Botswana BW BWP|Brazil BR BRL|Bulgaria BG EUR|Cambodia KH KHR|Cameroon CM XAF|Canada CA CAD|Chile CL CLP
China CN CNY|Colombia CO COP|Costa Rica CR CRC|Croatia HR EUR|Cyprus CY EUR|Czechia CZ CZK|Denmark DK DKK|Dominican Republic DO DOP|Ecuador EC USD
Egypt EG EGP|El Salvador SV USD|Estonia EE EUR|Ethiopia ET ETB|Fiji FJ FJD|Finland FI EUR|France FR EUR|Georgia GE GEL|Germany DE EUR|Ghana GH GHS
Greece GR EUR|Guatemala GT GTQ|Honduras HN HNL|Hungary HU HUF|Iceland IS ISK|India IN INR|Indonesia ID IDR|Iraq IQ IQD|Ireland IE EUR|Israel IL ILS
Italy IT EUR|Jamaica JM JMD|Japan JP JPY|Jordan JO JOD|Kazakhstan KZ KZT|Kenya KE KES|Kuwait KW KWD|Laos LA LAK|Latvia LV EUR|Lebanon LB LBP
Lithuania LT EUR|Luxembourg LU EUR|Madagascar MG MGA|Malaysia MY MYR|Maldives MV MVR|Malta MT EUR|Mauritius MU MUR|Mexico MX MXN|Moldova MD MDL
Mongolia MN MNT|Morocco MA MAD|Mozambique MZ MZN|Namibia NA NAD|Nepal NP NPR|Netherlands NL EUR|New Zealand NZ NZD|Nicaragua NI NIO|Nigeria NG NGN
North Macedonia MK MKD|Norway NO NOK|Oman OM OMR|Pakistan PK PKR|Panama PA PAB|Paraguay PY PYG|Peru PE PEN|Philippines PH PHP|Poland PL PLN
Portugal PT EUR|Qatar QA QAR|Romania RO RON|Rwanda RW RWF|Saudi Arabia SA SAR|Senegal SN XOF|Serbia RS RSD|Singapore SG SGD|Slovakia SK EUR
Slovenia SI EUR|South Africa ZA ZAR|South Korea KR KRW|Spain ES EUR|Sri Lanka LK LKR|Sweden SE SEK|Switzerland CH CHF|Tanzania TZ TZS|Thailand TH THB
Tunisia TN TND|Turkey TR TRY|Uganda UG UGX|Ukraine UA UAH|United Arab Emirates AE AED|United Kingdom GB GBP|United States US USD|Uruguay UY UYU
Uzbekistan UZ UZS|Vietnam VN VND|Zambia ZM ZMW
"""

COUNTRIES = [tuple(line.rsplit(" ", 2)) for line in _COUNTRIES.strip().replace("\n", "|").split("|")]

# English name, ISO 639-1
_LANGUAGES = """
Afrikaans af|Albanian sq|Amharic am|Arabic ar|Armenian hy|Azerbaijani az|Basque eu|Belarusian be|Bengali bn|Bosnian bs|Bulgarian bg|Catalan ca
Chinese zh|Croatian hr|Czech cs|Danish da|Dutch nl|English en|Esperanto eo|Estonian et|Finnish fi|French fr|Galician gl|Georgian ka|German de|Greek el
Gujarati gu|Hausa ha|Hebrew he|Hindi hi|Hungarian hu|Icelandic is|Indonesian id|Irish ga|Italian it|Japanese ja|Kannada kn|Kazakh kk|Khmer km|Korean ko
Latin la|Latvian lv|Lithuanian lt|Macedonian mk|Malay ms|Maltese mt|Marathi mr|Mongolian mn|Nepali ne|Norwegian no|Persian fa|Polish pl|Portuguese pt
Punjabi pa|Romanian ro|Russian ru|Serbian sr|Sinhala si|Slovak sk|Slovenian sl|Somali so|Spanish es|Swahili sw|Swedish sv|Tamil ta|Telugu te|Thai th
Turkish tr|Ukrainian uk|Urdu ur|Uzbek uz|Vietnamese vi|Welsh cy|Xhosa xh|Yoruba yo|Zulu zu
"""

LANGUAGES = [tuple(line.rsplit(" ", 1)) for line in _LANGUAGES.strip().replace("\n", "|").split("|")]

_CHOSEN = {
    "locale": "en_US en_GB en_AU en_CA en_IN en_ZA de_DE de_AT de_CH fr_FR fr_BE fr_CA fr_CH es_ES es_MX es_AR es_CO pt_BR pt_PT it_IT nl_NL nl_BE"
    " sv_SE da_DK nb_NO fi_FI pl_PL cs_CZ sk_SK hu_HU ro_RO bg_BG el_GR tr_TR uk_UA hr_HR sl_SI sr_RS lt_LT lv_LV et_EE he_IL ar_EG hi_IN ja_JP ko_KR"
    " zh_CN zh_TW th_TH vi_VN id_ID",
    "time_zone": "UTC Africa/Cairo Africa/Johannesburg Africa/Lagos Africa/Nairobi America/Anchorage America/Argentina/Buenos_Aires America/Bogota"
    " America/Chicago America/Denver America/Halifax America/Lima America/Los_Angeles America/Mexico_City America/New_York America/Santiago"
    " America/Sao_Paulo America/Toronto America/Vancouver Asia/Bangkok Asia/Dhaka Asia/Dubai Asia/Hong_Kong Asia/Jakarta Asia/Jerusalem Asia/Karachi"
    " Asia/Kolkata Asia/Manila Asia/Riyadh Asia/Seoul Asia/Shanghai Asia/Singapore Asia/Taipei Asia/Tashkent Asia/Tokyo Atlantic/Reykjavik"
    " Australia/Brisbane Australia/Melbourne Australia/Perth Australia/Sydney Europe/Amsterdam Europe/Athens Europe/Berlin Europe/Brussels"
    " Europe/Bucharest Europe/Budapest Europe/Copenhagen Europe/Dublin Europe/Helsinki Europe/Istanbul Europe/Kyiv Europe/Lisbon Europe/London"
    " Europe/Madrid Europe/Oslo Europe/Paris Europe/Prague Europe/Rome Europe/Stockholm Europe/Vienna Europe/Warsaw Europe/Zurich Pacific/Auckland"
    " Pacific/Honolulu",
    "department": "Accounting|Administration|Compliance|Customer Service|Design|Engineering|Facilities|Finance|Human Resources|Information Technology"
    "|Legal|Logistics|Maintenance|Manufacturing|Marketing|Operations|Procurement|Product|Public Relations|Quality|Research|Sales|Security|Support"
    "|Training",
    "status": "active inactive pending done failed cancelled archived draft",
    "level": "debug info notice warning error critical",
    "priority": "low normal high urgent",
    "category": "general books clothing electronics food furniture garden health hobbies household music office outdoor pets sports tools toys travel",
    "tag": "beta blog draft event featured guide howto important internal legacy new news old public review sale team todo urgent video",
    "gender": "female male other unknown",
    "unit": "pcs kg g m cm mm km l ml h min s box pair set",
    "mime_type": "text/plain text/html text/css text/csv application/json application/pdf application/xml application/zip application/gzip"
    " application/octet-stream image/png image/jpeg image/gif image/svg+xml image/webp audio/mpeg audio/ogg video/mp4 video/webm font/woff2",
    "extension": "txt html css csv json pdf xml zip gz bin png jpg gif svg webp mp3 ogg mp4 webm md log docx xlsx pptx",
    "quality": "Basic Classic Compact Deluxe Elegant Fine Handmade Heavy Light Modern Plain Portable Practical Rustic Simple Smart Solid Sturdy",
    "material": "Aluminium Bamboo Bronze Ceramic Cotton Glass Granite Leather Linen Oak Paper Rubber Silk Steel Wooden Wool",
    "thing": "Bag Basket Bench Blanket Board Bottle Bowl Box Chair Clock Cup Desk Frame Hat Jacket Keyboard Knife Lamp Mug Pen Pillow Plate Shelf Table",
    "server": "api app cache db files mail mq proxy search web",
}

CHOSEN = {name: values.split("|" if "|" in values else " ") for name, values in _CHOSEN.items()}
