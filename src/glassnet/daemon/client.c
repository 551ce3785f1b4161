/* glassnet-cni: what a container runtime executes where glassnet's daemon may run.
 *
 * It hands environment and standard input to the daemon at $GLASSNET_STATE/daemon.sock and gives back
 * what that answers (frames.py). Where there is none, or where it says "by hand", Python does the same:
 * `glassnet cni install` has written its arguments behind this program, each ended by NUL, then their
 * size (32 bits), then "glassnet". The plugin's type is the name by which this is called. If no daemon
 * runs, one is started for the next call; $GLASSNET_DAEMON=no does without. It trusts no socket that is
 * not root's, and waits DEADLINE seconds at most. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DEADLINE = 120, INPUT_MAX = 1 << 22, ENVIRONMENT_MAX = 1 << 17, ARGUMENTS_MAX = 4096, BY_HAND = -1 };

struct question { char magic[4]; uint32_t environment, input; };
struct answer { int32_t code; uint32_t size; };

static const char *type, *state;
static char *input;
static size_t input_size;

/* An error as CNI has it, for what goes wrong where Python cannot tell. */
static void fail(int code, const char *words, const char *details)
{
	printf("{\"cniVersion\":\"1.1.0\",\"code\":%d,\"msg\":\"glassnet: %s\",\"details\":\"%s\"}\n", code, words, details);
	exit(1);
}

/* Become Python: "plugin" serves this very call, "daemon" those to come. */
static void become(const char *what)
{
	static char arguments[ARGUMENTS_MAX];
	struct { uint32_t size; char magic[8]; } end;
	char *argv[16], *at = arguments;
	int count = 0, fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	if (lseek(fd, -(off_t)sizeof end, SEEK_END) < 0 || read(fd, &end, sizeof end) != sizeof end
	    || memcmp(end.magic, "glassnet", 8) || !end.size || end.size > ARGUMENTS_MAX
	    || lseek(fd, -(off_t)(sizeof end + end.size), SEEK_END) < 0
	    || read(fd, arguments, end.size) != (ssize_t)end.size || arguments[end.size - 1])
		fail(999, "this program is not installed", "'glassnet cni install' does that");
	for (; at < arguments + end.size && count < 13; at += strlen(at) + 1)
		argv[count++] = at;
	memcpy(argv + count, (char *[]){ (char *)what, (char *)type, NULL }, 3 * sizeof *argv);
	execv(argv[0], argv);
	fail(5, "its Python cannot be run", strerror(errno));
}

static void by_hand(void)
{
	int fd = memfd_create("input", 0);

	if (write(fd, input, input_size) != (ssize_t)input_size || lseek(fd, 0, SEEK_SET) || dup2(fd, 0))
		fail(5, "the input cannot be passed on", strerror(errno));
	become("plugin");
}

/* Nobody waits for it; of several that start at once all but one leave again. */
static void start_daemon(void)
{
	pid_t child = fork();
	int null;

	if (child)
		return (void)waitpid(child, NULL, 0);
	if (setsid() < 0 || fork())
		_exit(0);
	null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	if (!close_range(3, ~0U, 0) && !chdir("/"))
		become("daemon");
	_exit(1);
}

static void read_input(void)
{
	ssize_t got;

	input = malloc(INPUT_MAX + 1);
	while ((got = read(0, input + input_size, INPUT_MAX + 1 - input_size))) {
		if (got < 0 && errno != EINTR)
			fail(5, "standard input cannot be read", strerror(errno));
		input_size += got > 0 ? got : 0;
		if (input_size > INPUT_MAX)
			fail(6, "the configuration is too large", "at most 4 MiB");
	}
}

static int is_roots(const char *path, mode_t kind)
{
	struct stat it;

	return !lstat(path, &it) && (it.st_mode & S_IFMT) == kind && !it.st_uid && !(it.st_mode & 022);
}

/* A connection to the daemon, or -1; then errno is ENOENT or ECONNREFUSED if none runs. */
static int reach(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct timeval limit = { .tv_sec = DEADLINE };
	struct ucred peer;
	socklen_t size = sizeof peer;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (snprintf(to.sun_path, sizeof to.sun_path, "%s/daemon.sock", state) >= (int)sizeof to.sun_path
	    || access(to.sun_path, F_OK) || !is_roots(state, S_IFDIR) || !is_roots(to.sun_path, S_IFSOCK)
	    || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit)
	    || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit)
	    || connect(fd, (struct sockaddr *)&to, sizeof to)
	    || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) || peer.uid)
		return -1;
	return fd;
}

/* The question in one piece, and with it what this process sees of the system: its namespaces. */
static int send_question(int fd)
{
	extern char **environ;
	char *data = malloc(sizeof(struct question) + ENVIRONMENT_MAX + input_size), *at = data + sizeof(struct question);
	const char *const end = at + ENVIRONMENT_MAX;
	int seen[2] = { open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC) };
	union { char data[CMSG_SPACE(sizeof seen)]; struct cmsghdr first; } control = { .first = {
		.cmsg_len = CMSG_LEN(sizeof seen), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	struct iovec part = { .iov_base = data };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
	ssize_t sent;

	memcpy(CMSG_DATA(&control.first), seen, sizeof seen);
	at += snprintf(at, end - at, "TYPE=%s", type) + 1;
	for (char **one = environ; *one; one++) {
		if (strncmp(*one, "CNI_", 4) && strncmp(*one, "GLASSNET_", 9) && strncmp(*one, "TRACE", 5))
			continue;
		if (strlen(*one) >= (size_t)(end - at))
			return -1;
		at = stpcpy(at, *one) + 1;
	}
	*(struct question *)data = (struct question){ "gnd1", at - data - sizeof(struct question), input_size };
	memcpy(at, input, input_size);
	part.iov_len = at + input_size - data;
	while ((sent = sendmsg(fd, &message, MSG_NOSIGNAL)) > 0 && (size_t)sent < part.iov_len) {
		part = (struct iovec){ (char *)part.iov_base + sent, part.iov_len - sent };
		message.msg_controllen = 0;
	}
	return sent > 0 ? 0 : -1;
}

static int receive(int fd, void *data, size_t size)
{
	ssize_t got = size ? recv(fd, data, size, MSG_WAITALL) : 0;
	if (got < 0 && errno == EAGAIN)
		fail(11, "its daemon gives no answer", "try again; 'glassnet daemon status' may tell why");
	return got == (ssize_t)size ? 0 : -1;
}

/* Returns where there is no answer: the daemon has died, or would not. */
static void ask(int fd)
{
	struct answer head;
	char *output;

	if (send_question(fd) || receive(fd, &head, sizeof head) || head.code == BY_HAND
	    || receive(fd, output = malloc(head.size + 1), head.size))
		return;
	fwrite(output, 1, head.size, stdout);
	exit(fflush(stdout) ? 1 : head.code);
}

int main(int argc, char **argv)
{
	const char *netns = getenv("CNI_NETNS"), *daemon = getenv("GLASSNET_DAEMON"), *slash = strrchr(argv[0], '/');
	int fd = argc;
	type = slash ? slash + 1 : argv[0];
	state = getenv("GLASSNET_STATE");
	state = state && *state ? state : "/run/glassnet";
	if (!getenv("CNI_COMMAND"))
		become("plugin");
	read_input();
	/* What is said of "self" would be the daemon's there; and of VERSION it knows no more. */
	if ((daemon && !strcmp(daemon, "no")) || (netns && strstr(netns, "self")) || geteuid()
	    || !strcmp(getenv("CNI_COMMAND"), "VERSION"))
		by_hand();
	fd = reach();
	if (fd >= 0)
		ask(fd);
	else if (errno == ENOENT || errno == ECONNREFUSED)
		start_daemon();
	by_hand();
}
