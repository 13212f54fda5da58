export { readDashboard } from './definition';
export { page, type StoryView } from './page';
export { storyOf, viewDashboard } from './view';
