/** Short words that must not stand at the end of a line, and abbreviations that belong to what follows. */
const LEANING =
  /(^|[ \t\r\n(«])(а|в|во|до|за|и|из|к|на|не|о|об|от|по|при|с|со|у|г\.|д\.|зд\.|кв\.|корп\.|обл\.|пер\.|пл\.|пр\.|просп\.|с\.|стр\.|ул\.|№)[ \t\r\n]+(?=\S)(\S+)/giu;

/** A number that ends a part of a sentence belongs to the word before it: «окна 4–7». */
const TRAILING = /(\p{L})[ \t\r\n]+(\d[\d–-]*)(?=$|[,;)])/gu;

/** Ties «д. 14» and «по месту» together; the word that follows ends a match, so that no long chain can come about. */
export const tie = (text: string): string =>
  text.replaceAll(LEANING, '$1$2\u00a0$3').replaceAll(TRAILING, '$1\u00a0$2');
