/* listen PORT TOKENS COUNT SECONDS [QUERY [ARRIVALS]]: opens COUNT streams of Server-Sent Events, with the tokens of the file in turn, reads for SECONDS from the moment when
   all are open, and says how many events came. Into the file ARRIVALS goes, for each event about a task, the task's number and the microsecond (of the Unix epoch) at
   which it was read here, two 64-bit integers. One thread that does as little as it can, because the server and its database have the same processors. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TAIL 64
#define MOST 8000000
static const char MARK[] = "\"number\":";
struct line { int fd; int kept; long events; char tail[TAIL]; };
static int64_t (*arrivals)[2];
static long total;

static int64_t now_us(void) { struct timespec t; clock_gettime(CLOCK_REALTIME, &t); return t.tv_sec * 1000000LL + t.tv_nsec / 1000; }

static void take(struct line *line, char *data, int length, int64_t at) {
  char *from = data, *end = data + length, *found;
  while ((found = memmem(from, end - from, MARK, sizeof MARK - 1)) && memchr(found, ',', end - found)) {
    if (total < MOST) { arrivals[total][0] = atoll(found + sizeof MARK - 1); arrivals[total][1] = at; }
    total++; line->events++;
    from = found + sizeof MARK;
  }
  int rest = end - from;
  line->kept = rest < TAIL ? rest : TAIL;
  memcpy(line->tail, end - line->kept, line->kept);
}

int main(int count_of, char **args) {
  if (count_of < 5) { fprintf(stderr, "listen PORT TOKENS COUNT SECONDS [QUERY [ARRIVALS]]\n"); return 64; }
  int port = atoi(args[1]), count = atoi(args[3]); double seconds = atof(args[4]);
  const char *query = count_of > 5 ? args[5] : "";
  arrivals = malloc(MOST * sizeof *arrivals);
  FILE *file = fopen(args[2], "r"); if (!file) { perror(args[2]); return 66; }
  char **tokens = calloc(100000, sizeof *tokens); int known = 0; char *text = NULL; size_t size = 0;
  while (known < 100000 && getline(&text, &size, file) > 0) { text[strcspn(text, "\r\n")] = 0; if (*text) tokens[known++] = strdup(text); }
  struct line *lines = calloc(count, sizeof *lines);
  int poll = epoll_create1(0); static char buffer[TAIL + 262144];
  for (int i = 0; i < count; i++) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&to, sizeof to)) { perror("connect"); return 69; }
    char request[4096];
    int length = snprintf(request, sizeof request, "GET /api/v1/stream%s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n\r\n", query, tokens[i % known]);
    if (write(fd, request, length) != length) { perror("write"); return 69; }
    int got = read(fd, buffer, sizeof buffer);
    if (got < 15 || memcmp(buffer, "HTTP/1.1 200", 12)) { fprintf(stderr, "%.*s\n", got > 0 ? got : 0, buffer); return 70; }
    lines[i].fd = fd;
    take(&lines[i], buffer, got, now_us());
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &lines[i]};
    epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
  }
  printf("open %d\n", count); fflush(stdout);
  int64_t begin = now_us(); struct epoll_event events[256]; long cut = 0;
  while (now_us() - begin < seconds * 1e6) {
    int ready = epoll_wait(poll, events, 256, 100);
    for (int i = 0; i < ready; i++) {
      struct line *line = events[i].data.ptr;
      memcpy(buffer, line->tail, line->kept);
      int got = read(line->fd, buffer + line->kept, sizeof buffer - TAIL);
      if (got <= 0) { epoll_ctl(poll, EPOLL_CTL_DEL, line->fd, NULL); close(line->fd); cut++; continue; }
      take(line, buffer, line->kept + got, now_us());
    }
  }
  long least = -1, most = 0;
  for (int i = 0; i < count; i++) { if (least < 0 || lines[i].events < least) least = lines[i].events; if (lines[i].events > most) most = lines[i].events; }
  printf("events %ld each %ld..%ld cut %ld\n", total, least, most, cut);
  if (count_of > 6) {
    FILE *out = fopen(args[6], "w");
    if (!out || fwrite(arrivals, sizeof *arrivals, total < MOST ? total : MOST, out) != (size_t)(total < MOST ? total : MOST) || fclose(out)) { perror(args[6]); return 73; }
  }
  return 0;
}
