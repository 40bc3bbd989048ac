"""Words that offices of the region write above the columns of tables with fixed meanings, in plain Latin letters (see `plain`).

In English, Macedonian, Serbian, Albanian, Romanian and Russian; the surest words stand first.
"""

from __future__ import annotations

WORDS: dict[str, str] = {
    "officer": "officer_id officer_name name full_name badge badge_no badge_number policaec policajac policajci sluzbenik policiski_sluzbenik "
    "policijski_sluzbenik ime ime_i_prezime ime_prezime prezime_i_ime znacka broj_na_znacka broj_znacke oficer oficeri polici punonjesi emri "
    "emri_mbiemri emri_dhe_mbiemri emri_i_oficerit ofiter ofiterul politist politistul agent nume numele nume_si_prenume sotrudnik policejskij "
    "fio fio_sotrudnika familija_imja imja zeton tabelnyj_nomer id "
    "zaposleni policaec prezime_ime sluzben_broj familija_imja_otcestvo familija ucastkovyj "
    "ucastkovyj_upolnomocennyj nr_legitimatie numri_i_distinktivit punonjes_policie punonjesi_i_policise lucrator_de_politie",
    "beat": "beat_id beat_name sector patrol_area area reon reonot rejon rajon rajoni sektor sektori pozornicki_reon pozornicki_rejon policiski_reon "
    "zona zona_e_patrullimit sectorul ucastok policejskij_ucastok beat_today denesen_reon danasnji_reon zona_sot sectorul_de_azi ucastok_segodnja "
    "reoni reoni_sot reoni_i_sotem danasnji_rejon "
    "nomer_ucastka nr_sector broj_na_reon broj_reona broj_rejona numri_i_zones numri_i_reonit",
    "since": "since_date in_sector_din pe_sector_din on_beat_since in_beat_since from start posted posted_on assigned assigned_on od od_koga od_datum datum_od pocetok "
    "na_reonot_od na_reon_od rasporeden rasporeden_od vo_reonot_od od_kada od_datuma pocetak rasporedjen rasporedjen_od na_rejonu_od u_rejonu_od "
    "nga qe_nga nga_data prej fillimi data_e_fillimit ne_zone_qe_nga din de_la de_la_data din_data inceput data_inceperii s s_daty naznacen "
    "data_naznacenija na_ucastke_s nacalo od_den od_dana s_kakogo_dnja "
    "datum_na_rasporeduvanje datum_rasporedjivanja datum_rasporedivanja rasporeden_na rasporedjen_na na_sektoru_od na_sektorot_od "
    "vo_sektorot_od u_sektoru_od data_e_caktimit caktuar_me caktuar i_caktuar_nga ne_zone_nga ne_sektor_nga data_numirii numit_la "
    "repartizat_la_data repartizat repartizat_la data_repartizarii in_sector_de_la zakreplen zakreplen_s data_zakreplenija "
    "na_ucastke_s_daty",
    "languages": "language speaks spoken_languages jazik jazici jezik jezici govori gjuha gjuhet gjuhe limba limbi limbile limbi_vorbite jazyk jazyki "
    "znanje_jezika poznavanje_na_jazici jezika jazykami vladenie_jazykami",
    "gender": "sex pol rod gjinia gjini gen genul sexul pol_m_z pol_z_m pol_m_f sex_m_f gjinia_m_f",
    "x": "lon lng long longitude home_x home_lon home_longitude dolzina geografska_dolzina duzina geografska_duzina gjatesia gjatesi_gjeografike "
    "longitudine dolgota",
    "y": "lat latitude home_y home_lat home_latitude sirina geografska_sirina gjeresia gjeresi_gjeografike latitudine sirota",
    "trained_on": "trained training training_date trained_date obuka obucen datum_na_obuka zavrsena_obuka datum_obuke trajnimi trajnuar "
    "data_e_trajnimit instruit instruire data_instruirii formare data_formarii obucenie data_obucenija i_trajnuar_me obucen_dana obucen_na instruit_la "
    "datum_zavrsetka_obuke datum_zavrsene_obuke data_absolvirii prosel_obucenie",
    "joins_on": "joins join joined join_date joining_date hired employed vraboten vraboten_na datum_na_vrabotuvanje stapuva zaposlen "
    "datum_zaposlenja dolazi dolazak punesuar data_e_punesimit angajat data_angajarii prinjat data_priema fillon_me stupa_dana stapuva_na vine_la postupaet "
    "datum_zasnivanja_radnog_odnosa zasnivanje_radnog_odnosa datum_na_zasnovanje_raboten_odnos zasnovanje_raboten_odnos vo_mvr_od "
    "u_mup_od vo_sluzba_od u_sluzbi_od vo_policija_od u_policiji_od stupio_u_sluzbu stapil_vo_sluzba vleguva_vo_sluzba "
    "data_e_fillimit_te_punes fillimi_i_punes ne_sherbim_nga ne_pune_nga ne_polici_nga incadrat_din incadrat data_incadrarii "
    "in_serviciu_din in_politie_din data_priema_na_sluzbu prinjat_na_sluzbu postupil_na_sluzbu v_sluzbe_s na_sluzbe_s v_policii_s",
    "leaves_on": "leaves leave leave_date leaving_date retires retirement retirement_date end_date penzija penzioniranje datum_na_penzioniranje "
    "zaminuva zaminuvanje penzionisanje datum_penzionisanja odlazi odlazak datum_odlaska largohet largimi data_e_largimit pensioni pensionimi "
    "data_e_pensionimit pleaca plecare data_plecarii pensionare data_pensionarii uhodit data_uhoda pensija data_vyhoda_na_pensiju uvolen largohet_me odlazi_dana zaminuva_na pleaca_la uhodit_data "
    "prestanok_na_raboten_odnos prestanok_na_rabota datum_na_prestanok datum_prestanka_radnog_odnosa prestanak_radnog_odnosa prestanak "
    "odlazi_u_penziju odi_vo_penzija zaminuva_vo_penzija si_odi_na data_e_daljes_ne_pension dalja_ne_pension del_ne_pension "
    "data_e_largimit_nga_puna data_incetarii_activitatii data_incetarii incetarea_activitatii iese_la_pensie data_uvolnenija uvolnenie "
    "vyhod_na_pensiju data_vyhoda_na_pensiju",
    "licence": "license driving_licence driving_license drivers_licence driver vozacka vozacka_dozvola dozvola patenta patente leja_e_drejtimit permis "
    "permis_auto permis_de_conducere prava voditelskie_prava "
    "voditelskoe_udostoverenie vozacki_ispit leje_drejtimi patente_shoferi",
    "not_with": "couple relative ne_so ne_sa jo_me nu_cu ne_s",
    "prefers": "preference preferences wish wishes zelba zelbi saka zelja zelje deshira preferon prefera preferinta preferinte pozelanie pozelanija",
    "absent_from": "absence_from away_from sick_from otsuten_od otsustvo_od odsutan_od odsustvo_od bolovanje_od mungon_nga absent_din absent_de_la "
    "otsutstvuet_s otpusk_s "
    "boleduvanje_od otsuten_od_den pushim_nga pushim_mjekesor_nga leje_nga leje_mjekesore_nga concediu_din concediu_medical_din "
    "concediu_de_la bolnicnyj_s odsustvuje_od na_bolovanju_od",
    "absent_until": "absence_until away_until sick_until otsuten_do otsustvo_do odsutan_do odsustvo_do bolovanje_do mungon_deri absent_pana "
    "absent_pana_la otsutstvuet_do otpusk_do "
    "boleduvanje_do pushim_deri pushim_mjekesor_deri leje_deri leje_mjekesore_deri concediu_pana concediu_pana_la "
    "concediu_medical_pana_la bolnicnyj_po otpusk_po odsustvuje_do na_bolovanju_do",
    "ordered_on": "ordered order_date naredba datum_na_naredba naredjeno datum_naredbe urdher data_e_urdherit ordin data_ordinului prikaz data_prikaza",
    "grade": "salary_grade pay_grade platen_razred platni_razred klasa_e_pages treapta_de_salarizare razrjad",
    "pool": "stand_in standin_pool reserve_pool zamenski_sostav zamena grupa_za_zamena zamenjuje",
    "rank": "police_rank cin chin cin_zvanje zvanje grada_policore rang gradul zvanie "
    "grada grada_e_policit grad_profesional specialnoe_zvanie",
    "share": "part_time fte working_share full_time_share del_od_polno_rabotno_vreme koha_e_pjesshme",
    "seniority": "seniority_from service_since in_service_since staz_od rabotni_staz_od radni_staz_od vjetersia vechime",
    "allowances": "allowance dodatok dodatoci dodatak dodaci shtesa shtesat spor sporuri nadbavka nadbavki",
    "hardship": "hardship_case socijalen_slucaj",
    "time_off": "leave_spans planned_leave",
    "appeal": "appeal_state zalba ankesa contestatie",
    "appeal_on": "appeal_date appealed_on zalba_na data_e_ankeses",
    "posts": "number count places broj mesta broj_mesta rabotni_mesta vende numri posturi numar kolicestvo",
    "start": "from od pocetok pocetak datum_od nga fillimi din inceput de_la s nacalo start_date",
    "end": "until to do kraj datum_do deri fundi mbarimi pana sfarsit pana_la po konec end_date",
    "requires": "asks asks_for bara trazi kerkon cere trebuet",
    "from": "from_unit unit_from unit_a od nga de_la ot",
    "to": "to_unit unit_to unit_b do deri pana_la",
    "metres": "meters metre meter distance distance_m dist length metri metra metro dalecina rastojanie rastojanje largesia distanta dlina metry metrov",
    "unit": "unit_id edinica jedinica njesia unitate edinica_id ucastok_uceta nomer_ucastka_uceta",
    "site": "station site_id stanica objekt stacioni statie stancija",
    "accept": "accepted ok prifateno prihvaceno pranuar acceptat prinjato",
    "reason": "why note pricina razlog arsyeja motiv",
    # the service picture
    "per_hour": "calls_per_hour rate hourly na_cas povici_na_cas poziva_na_cas poziva_na_sat na_sat ne_ore thirrje_ne_ore pe_ora apeluri_pe_ora v_cas "
    "vyzovov_v_cas",
    "shift": "tour watch smena smjena turni turn nderrim nderrimi tura schimb schimbul",
    "category": "type kind offence incident_type kategorija vid vrsta tip kategori kategoria lloji categorie categoria kategoriya",
    "speed_kmh": "kmh km_h speed brzina brzina_kmh brzina_na_dvizenje shpejtesi shpejtesia viteza скорость",
    "minutes_on_scene": "on_scene scene_minutes minutes duration service_time minuti minuta minuti_na_mesto minuta_na_mestu na_mesto na_mestu "
    "vremetraenje trajanje minuta_ne_vend ne_vend kohezgjatja minute_la_fata_locului minute_la_locul_faptei durata minut_na_meste minuty "
    "minuty_na_meste dlitelnost",
    "officers": "crew number_of_officers staff policajci sluzbenici broj_policajci broj_policajaca polici police ofiteri politisti sotrudniki "
    "numri_i_policeve numar_politisti cislo_sotrudnikov",
    "priority": "prio urgency prioritet prioriteti urgjenca prioritate prioritatea srocnost hitnost itnost",
    "server": "patrulla car vehicle crew team unit_name patrol patrola patrolla ekip ekipa ekipi ekipaz vozilo avtomobil automjeti echipaj echipa patrula "
    "patrul masina",
    "minutes": "minute min time travel_minutes minuti minuta minuta_voznje vreme vrijeme koha minuty vremja timp",
    # the forum pack
    "name": "full_name ime naziv ime_i_prezime emri emri_dhe_mbiemri nume nume_si_prenume numele denumire imja fio nazvanie denumirea",
    "contact": "phone telephone email e_mail kontakt telefon e_posta contactul telefonul",
    "phone": "telephone tel telefon telefonski_broj broj_telefon broj_telefona numri_i_telefonit telefonul numar_de_telefon telefona nomer_telefona",
    "photo": "picture image fotografija slika foto fotografia fotografie poza",
    "agreed_on": "agreed consent consent_date consented_on soglasen_na soglasnost datum_na_soglasnost saglasan saglasnost datum_saglasnosti "
    "pelqimi data_e_pelqimit acord data_acordului consimtamant soglasie data_soglasija",
    "until": "valid_until expires to do vazi_do vazi_do_datum deri vlen_deri valabil_pana pana_la dejstvitelno_do po",
    "forum": "meeting group sredba sobir forumi sastanak zbor takimi sedinta intalnire vstreca",
    "asked_on": "date meeting_date datum datum_na_baranje datum_zahteva data data_e_kerkeses data_cererii data_zaprosa cerut_la kerkuar_me pobarano trazeno",
    "asked": "request issue question question_asked baranje prasanje zahtev pitanje kerkesa pyetja cerere cererea intrebare zapros vopros pros_ba",
    "action": "what_was_done measure merka aktivnost mera masa veprimi actiune actiunea masura dejstvie mera_prinjata ce_s_a_facut cfare_u_be cto_sdelano sta_je_uradjeno sto_e_napraveno",
    "responsible": "who owner odgovoren odgovorno_lice odgovoran odgovorna_osoba pergjegjes pergjegjesi responsabil otvetstvennyj",
    "due": "deadline due_on rok afati afat termen termenul srok",
    "done_on": "done finished completed zavrseno zavrseno_na zavrseno_dana perfunduar perfunduar_me finalizat finalizat_la vypolneno data_vypolnenija",
    "result": "outcome rezultat ishod rezultati rezultatul itog",
    "kind": "type vid vrsta tip lloji tipul",
    "area": "beat municipality place reon oblast rejon podrucje zona reoni zone sectorul rajon ucastok",
    "does": "what description sto_pravi sto_raboti opis sta_radi cfare_ben pershkrimi ce_face descriere cto_delaet opisanie",
    "station": "station_name site stanica policiska_stanica policijska_stanica stacioni stacion stacioni_policor statie statia sectie stancija "
    "otdel",
    "hours": "opening_hours open rabotno_vreme radno_vreme orari oret orar program program_de_lucru casy_raboty grafik",
    # proposals, surveys, classes
    "proposed_beat": "new_beat proposal suggested_beat predlog predlozen_reon predlozeni_rejon predlozen_rejon propozim zona_e_propozuar reoni_i_propozuar propunere "
    "sector_propus predlozenie predlozennyj_ucastok",
    "question": "item prasanje pitanje pyetja pyetje intrebare intrebarea vopros",
    "wave": "round year bran runda val valul anketa godina vala viti anul volna god",
    "n": "answers respondents answered sample odgovori broj_odgovori broj_odgovora pergjigje pergjigjet raspunsuri otvety otvetov cislo_otvetov",
    "yes": "agree agreed_count positive da po soglasni saglasni saglasno pajtohen de_acord soglasny",
    "mean": "average avg prosek srednja_vrednost sredna_vrednost mesatarja mesatare medie media srednee",
    "sd": "std stdev standard_deviation standardna_devijacija standardno_otstapuvanje devijimi_standard abatere_standard otklonenie "
    "standartnoe_otklonenie",
    "design_effect": "deff efekt_na_dizajnot efekat_dizajna efekti_i_dizajnit efect_de_esantionare effekt_dizajna",
    "post": "place_no position mesto rabotno_mesto radno_mesto vendi post_nr postul dolznost",
    "standard": "counts_as maps_to standardna standarden standardi standart",
    "class": "road_class highway type klasa klas vid klasa_e_rruges clasa klass",
    "walked": "walkable on_foot pesacki peski ecet me_kembe pietonal pe_jos pesehodnyj",
    "factor": "faktor faktori factorul koeficient",
    "wait_minutes": "wait waiting cekanje minuti_cekanje minuta_cekanja pritja asteptare ozidanie",
    "address": "street adresa adrese ulica adresat rruga strada adres",
    "match": "matched suggestion proposed_match sovpadanje poklapanje perputhja potrivire sovpadenie",
}
